"""What the browser tests know of the forum: a lively topic, and what agents decide about."""

from __future__ import annotations

from io import BytesIO


def in_the_forum(people):
    """A topic with all that a post can have; returns the values of the forum's URLs."""
    from forum import following, mails, moderation, names, pictures, round_trip, voting, writing
    from forum.models import Category, Follow, ForumSettings
    from forum.writing import Draft

    for role, name in (("customer", "Cem K."), ("buyer", "Karla"), ("stranger", "Dora")):
        profile = names.choose(people[role], name)
        profile.shown_posts = 3
        profile.save()
    ForumSettings(pk=1, held_posts=1).save()
    category = Category.objects.order_by("pk")[0]
    topic = writing.open_topic(
        category,
        author=people["customer"],
        title="Etikettendrucker druckt auf einem Telefon mit sehr langem Titel nur die Hälfte",
        draft=Draft(
            "Seit **gestern** fehlt der Rand.\n\n### Was ich versucht habe\n\n- Treiber\n\n"
            "| Format | Rand |\n|---|---:|\n| A6 | 4 mm |\n\n```\n"
            + "sehr-lange-zeile-" * 12
            + "\n```\n\nhttps://www.example.com/"
            + "pfad/" * 30
        ),
    )
    picture = pictures.make("bild.png", _picture())
    solved = writing.reply(
        topic, author=people["buyer"], draft=Draft("Auf *tatsächliche Größe* stellen.", [picture])
    )
    writing.edit(solved, by=people["buyer"], draft=Draft("Auf *Originalgröße* stellen."))
    writing.reply(topic, author=people["agent"], draft=Draft("So ist es."))
    moderation.accept(solved)
    voting.vote(solved, by=people["customer"])
    rude = writing.reply(topic, author=people["stranger"], draft=Draft("Das weiß doch jeder."))
    moderation.report(rude, by=people["customer"], reason="rude", text="Nicht nett.")
    spam = writing.reply(topic, author=people["stranger"], draft=Draft("Kaufen Sie jetzt."))
    moderation.hide(spam, by=people["agent"], reason="Werbung")
    names.choose(people["newcomer"], "Gero")
    held = writing.open_topic(
        category, author=people["newcomer"], title="Hallo", draft=Draft("Wie geht das?")
    )
    question = topic.posts.get(is_question=True)
    private = writing.reply(topic, author=people["customer"], draft=Draft("Bei mir noch nicht."))
    link = round_trip.open_ticket(private, by=people["agent"])
    following.follow(topic, people["buyer"])
    follow = Follow.objects.get(topic=topic, user=people["buyer"])
    left = following_left(topic, people["chooser"])
    return {
        "forum_category": category.pk,
        "forum_slug": category.slug,
        "forum_empty": Category.objects.order_by("-pk")[0].slug,
        "forum_topic": topic.pk,
        "forum_key": topic.key,
        "forum_held_key": held.key,
        "forum_question": question.pk,
        "forum_post": solved.pk,
        "forum_held": held.posts.get().pk,
        "forum_spam": spam.pk,
        "forum_picture": solved.pictures.get().pk,
        "forum_ticket": link.ticket.number,
        "forum_link": link.pk,
        "forum_unfollow": mails.unfollow_token(follow),
        "forum_left": left,
    }


def following_left(topic, user):
    """The link of somebody who does not follow any more."""
    from forum import following, mails
    from forum.models import Follow

    following.follow(topic, user)
    token = mails.unfollow_token(Follow.objects.get(topic=topic, user=user))
    following.unfollow(topic.pk, user)
    return token


def _picture() -> bytes:
    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (900, 500), "teal").save(out, "PNG")
    return out.getvalue()
