"""The forum of one tenant: public to read, and a way to a private ticket. No HTTP in here."""

from forum.people import Follow, ForumSettings, Profile
from forum.posts import Picture, Post, PostVersion, Report, Vote, picture_path
from forum.topics import Category, Topic, TopicTicket

__all__ = [
    "Category",
    "Follow",
    "ForumSettings",
    "Picture",
    "Post",
    "PostVersion",
    "Profile",
    "Report",
    "Topic",
    "TopicTicket",
    "Vote",
    "picture_path",
]
