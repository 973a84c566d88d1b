"""What the search finds of the forum: kept with each write (`helpdesk.fulltext`)."""

from __future__ import annotations

from forum.posts import Post
from forum.topics import Topic
from helpdesk import fulltext, markdown


def index(post: Post) -> None:
    """Write down what a post says; a question's topic is found by it too."""
    topic = post.topic
    text = markdown.plain(post.source)
    title = topic.title if post.is_question else ""
    document = fulltext.Document(title, "", text)
    Post.objects.filter(pk=post.pk).update(search=document)
    if post.is_question:
        Topic.objects.filter(pk=topic.pk).update(search=document)
