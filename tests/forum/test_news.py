"""What is said in a topic is news in the portal for who follows it."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import notification_list
from accounts.notifications import Event
from forum import following, moderation, writing
from forum.models import ForumSettings, Topic
from forum.writing import Draft
from tests.factories import CustomerFactory, open_ticket
from tests.forum.conftest import url_of

NEWS = "/mitteilungen/"


def rows(page):
    """The list's rows, as (what happened, where, whether it is unread)."""
    return [
        (entry.said, entry.title, entry.notification.read_at is None)
        for entry in page.context["entries"]
    ]


def test_followers_are_told_at_once_but_not_who_wrote(client, agent, topic):
    reader = CustomerFactory()
    for user in (reader, agent):
        following.follow(topic, user)
    first = writing.reply(topic, author=agent, draft=Draft("So geht es."))
    writing.reply(topic, author=agent, draft=Draft("Und so auch."))
    client.force_login(reader)
    assert rows(client.get(NEWS)) == [("2 neue Beiträge", topic.title, True)]
    client.force_login(topic.author)
    page = client.get(NEWS)
    assert rows(page) == [("2 neue Antworten in Ihrem Thema", topic.title, True)]
    address = page.context["entries"][0].url
    assert address.endswith(f"#message-{first.pk}")
    # The first answer of an agent stands on top of the first page, and on no other.
    assert f'id="message-{first.pk}"' in client.get(address).text
    assert rows(client.get(NEWS))[0][2] is False
    assert notification_list.unread(agent) == 0


def test_what_is_held_back_is_news_when_it_is_freed(agent, topic, member):
    post = writing.reply(
        topic, author=member("Neuling", newcomer=True), draft=Draft("Ich weiß es.")
    )
    assert notification_list.unread(topic.author) == 0
    moderation.approve(post, by=agent)
    assert notification_list.unread(topic.author) == 1


def test_a_hidden_topic_is_no_news(client, agent, topic):
    reader = CustomerFactory()
    following.follow(topic, reader)
    writing.reply(topic, author=agent, draft=Draft("So geht es."))
    Topic.objects.filter(pk=topic.pk).update(is_hidden=True)
    client.force_login(reader)
    assert rows(client.get(NEWS)) == []


def test_news_of_a_topic_that_is_held_back_wait_until_it_is_shown_again(client, agent, topic):
    reader = CustomerFactory()
    following.follow(topic, reader)
    writing.reply(topic, author=agent, draft=Draft("So geht es."))
    question = topic.posts.get(is_question=True)
    moderation.hide(question, by=agent, reason="Doppelt")
    client.force_login(reader)
    page = client.get(NEWS)
    assert rows(page) == []
    assert "Mitteilungen, 0 neue" in page.text
    client.post("/mitteilungen/gelesen/")
    moderation.restore(question, by=agent)
    page = client.get(NEWS)
    assert rows(page) == [("1 neuer Beitrag", topic.title, True)]
    assert "Mitteilungen, 1 neue" in page.text


def test_a_newcomers_edit_takes_the_news_of_their_topic_away_until_an_agent_has_looked(
    agent, category, member
):
    ForumSettings(pk=1, held_posts=2).save()
    author, reader = member("Neuling", newcomer=True), CustomerFactory()
    topic = writing.open_topic(category, author=author, title="Rand", draft=Draft("Wie?"))
    question = topic.posts.get(is_question=True)
    moderation.approve(question, by=agent)
    following.follow(topic, reader)
    writing.reply(topic, author=agent, draft=Draft("So."))
    writing.edit(question, by=author, draft=Draft("Wie genau?"))
    assert notification_list.unread(reader) == 0
    # Their own topic they see anyway.
    assert notification_list.unread(author) == 1
    moderation.approve(question, by=agent)
    assert notification_list.unread(reader) == 1


def test_what_is_said_in_a_hidden_topic_is_news_for_its_author_alone(agent, topic):
    reader = CustomerFactory()
    following.follow(topic, reader)
    moderation.hide(topic.posts.get(is_question=True), by=agent, reason="Doppelt")
    writing.reply(topic, author=agent, draft=Draft("Bitte hier weiter."))
    assert notification_list.unread(topic.author) == 1
    assert notification_list.unread(reader) == 0


def test_news_lead_to_the_reply_in_its_place(client, topic, member):
    post = writing.reply(topic, author=member("Helferin"), draft=Draft("So ging es bei mir."))
    client.force_login(topic.author)
    address = client.get(NEWS).context["entries"][0].url
    assert address == f"{url_of(topic)}?from={post.pk}#message-{post.pk}"
    moderation.accept(post)
    address = client.get(NEWS).context["entries"][0].url
    assert f'id="message-{post.pk}"' in client.get(address).text


def test_the_list_runs_a_fixed_number_of_queries(client, category, member):
    reader, author = CustomerFactory(), member("Fragerin")
    client.force_login(reader)
    queries = []
    for number in (1, 3):
        for time in range(number):
            title = f"Rand {number} {time}"
            asked = writing.open_topic(category, author=author, title=title, draft=Draft("Wie?"))
            notification_list.add([reader.pk], Event.TOPIC_FOLLOWED, asked.pk)
            ticket = open_ticket(reader)
            notification_list.add([reader.pk], Event.TICKET_SHARED, ticket.number)
        with CaptureQueriesContext(connection) as counted:
            page = client.get(NEWS)
        queries.append(len(counted))
    assert len(rows(page)) == 8
    assert queries == [queries[0]] * 2
