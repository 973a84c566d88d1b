from __future__ import annotations

import json

from accounts import privacy
from forum import moderation, pictures, voting, writing
from forum.models import Follow, Profile
from forum.writing import Draft
from tests.forum.conftest import question_of, url_of
from tests.forum.test_pictures import painted


def section():
    (found,) = [one for one in privacy.sections() if one.name == "forum"]
    return found


def test_somebody_gets_all_that_they_wrote(topic, member):
    user = member("Bekannt")
    post = writing.reply(
        topic, author=user, draft=Draft("Erste Fassung", [pictures.make("x.png", painted())])
    )
    writing.edit(post, by=user, draft=Draft("Zweite Fassung"))
    voting.vote(question_of(topic), by=user)
    moderation.report(question_of(topic), by=user, reason="other", text="Doppelt")

    said = json.dumps(section().export(user))
    files = list(section().files(user))

    for words in ("Bekannt", "Erste Fassung", "Zweite Fassung", "Doppelt"):
        assert words in said
    assert "Wo stelle ich" not in said
    assert [path for path, _content in files] == [f"{post.pk}-{post.pictures.get().pk}.png"]


def test_who_leaves_leaves_their_posts_without_a_name(client, topic):
    author = topic.author
    voting.vote(question_of(topic), by=author)

    section().erase(author)

    body = client.get(url_of(topic)).content.decode()
    assert "Gelöschtes Mitglied" in body
    assert "Fragerin" not in body
    assert "Rand" in body
    assert question_of(topic).votes == 1
    assert not Profile.objects.filter(user=author).exists()
    assert not Follow.objects.filter(user=author).exists()
    assert author.forum_posts.count() == 0
