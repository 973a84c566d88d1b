"""What people do with articles: write, publish, restore, vote, and find nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils.text import slugify
from django.utils.timezone import now

from accounts.models import User
from faq.models import (
    Article,
    ArticleFile,
    ArticleUse,
    ArticleVersion,
    Category,
    FailedSearch,
    State,
)
from faq.statistics import COMMENT_LENGTH, WORDS_LENGTH
from helpdesk import markdown
from helpdesk.fulltext import Document, fold
from tenants import public_changes
from tickets.recording import File

Addressed = TypeVar("Addressed", Article, Category)

# Words of our own addresses under /faq/.
RESERVED = {"vorschlaege", "dateien"}
# Anybody may search: what is kept of it has an end.
FAILED_SEARCHES = 5_000
FAILED_FOR = timedelta(days=180)
# No reader waits for the disk: a crash may forget the readings of its last moment.
READ = """
UPDATE faq_article SET read_count = read_count + 1
FROM (SELECT set_config('synchronous_commit', 'off', true)) AS quickly
WHERE id = %s
"""


@dataclass(frozen=True, slots=True)
class Writing:
    """What an editor has typed and chosen."""

    title: str
    text: str
    category: Category
    language: str = "de"
    visibility: str = "public"
    review_on: date | None = None
    related: Sequence[Article] = ()
    files: Iterable[File] = field(default=())
    removed_files: Iterable[ArticleFile] = field(default=())


@transaction.atomic
def write(article: Article | None, writing: Writing, *, by: User) -> Article:
    """Save an article, a new one as a draft; another title or text is another version."""
    if article is None:
        article = Article(category=writing.category)
    else:
        # One after the other: two editors make two versions.
        article = Article.objects.select_for_update().get(pk=article.pk)
    article.title, article.category = writing.title, writing.category
    article.language, article.visibility = writing.language, writing.visibility
    article.review_on = writing.review_on
    _index(article, writing.text)
    if article.pk:
        article.save()
    else:
        _save_new(article, writing.title)
    _add_version(article, writing.title, writing.text, by)
    article.related.set(writing.related)
    for removed in writing.removed_files:
        removed.discard()
    for file in writing.files:
        _attach(article, file)
    return article


@transaction.atomic
def restore(version: ArticleVersion, *, by: User) -> Article:
    """Say again what an earlier version said: as a new version, none is lost."""
    article = Article.objects.select_for_update().get(pk=version.article_id)
    article.title = version.title
    _index(article, version.text)
    article.save()
    _add_version(article, version.title, version.text, by)
    return article


def publish(article: Article) -> None:
    """Show it to those it is for; publishing again changes nothing."""
    moment = now()
    drafts = Article.objects.filter(pk=article.pk, state=State.DRAFT)
    drafts.update(state=State.PUBLISHED, published_at=moment, updated_at=moment)
    public_changes.touch()


def withdraw(article: Article) -> None:
    """Make it a draft again: nobody reads it until it is published."""
    Article.objects.filter(pk=article.pk).update(state=State.DRAFT, published_at=None)
    public_changes.touch()


@transaction.atomic
def remove(article: Article) -> bool:
    """Remove a draft for good; False, and nothing done, for what is published."""
    draft = Article.objects.select_for_update().filter(pk=article.pk, state=State.DRAFT).first()
    if draft is None:
        return False
    for file in draft.files.all():
        file.discard()
    draft.delete()
    return True


@transaction.atomic
def vote(
    article: Article, *, is_helpful: bool, comment: str = "", person: User | None, visitor: str
) -> None:
    """Count one reader's opinion; said again, it takes the place of the one before."""
    counted = Article.objects.select_for_update().only("pk").get(pk=article.pk)
    whose = {"person": person, "visitor": "" if person else visitor}
    before = counted.votes.filter(**whose).first()
    said = {"is_helpful": is_helpful, "comment": comment.strip()[:COMMENT_LENGTH]}
    if before is None:
        counted.votes.create(**whose, **said)
    else:
        # The mind changed, the comment may stay.
        said["comment"] = said["comment"] or before.comment
        counted.votes.filter(pk=before.pk).update(**said)
    helpful = int(is_helpful) - int(before is not None and before.is_helpful)
    other = int(not is_helpful) - int(before is not None and not before.is_helpful)
    Article.objects.filter(pk=counted.pk).update(
        helpful_count=F("helpful_count") + helpful,
        not_helpful_count=F("not_helpful_count") + other,
    )


def count_reading(article: Article, *, is_before_ticket: bool) -> None:
    """Somebody reads the article; from a form, it may spare a ticket."""
    with connection.cursor() as cursor:
        cursor.execute(READ, [article.pk])
    if is_before_ticket:
        article.uses.create(kind=ArticleUse.Kind.READ)


def count_solved(article: Article) -> None:
    """Somebody needed no ticket any more."""
    article.uses.create(kind=ArticleUse.Kind.SOLVED)


def note_failed_search(words: str) -> None:
    """Remember for what nothing was found; only the words, never who asked."""
    asked = " ".join(words.replace("\x00", " ").lower().split())[:WORDS_LENGTH]
    # A mail address or a long number is somebody's, and no topic.
    if len(asked) < 3 or "@" in asked or sum(letter.isdigit() for letter in asked) > 5:
        return
    known = FailedSearch.objects.filter(words=asked)
    if known.update(count=F("count") + 1, last_at=now()):
        return
    if FailedSearch.objects.count() >= FAILED_SEARCHES:
        FailedSearch.objects.filter(last_at__lt=now() - FAILED_FOR).delete()
        if FailedSearch.objects.count() >= FAILED_SEARCHES:
            return
    FailedSearch.objects.bulk_create([FailedSearch(words=asked)], ignore_conflicts=True)


def add_category(category: Category) -> Category:
    """Save a new category, with an address that no other has."""
    return _save_new(category, category.name)


def _index(article: Article, text: str) -> None:
    article.words = markdown.plain(text)
    article.search = Document(article.title, article.category.name, article.words)
    article.updated_at = now()


def _add_version(article: Article, title: str, text: str, by: User) -> None:
    last = article.versions.first()
    if last is not None and (last.title, last.text) == (title, text):
        return
    article.versions.create(
        number=last.number + 1 if last else 1,
        title=title,
        text=text,
        html=markdown.render(text, top=2),
        contents=[heading._asdict() for heading in markdown.contents(text, top=2)],
        author=by,
    )


def _save_new(record: Addressed, title: str) -> Addressed:
    """Save it with an address made from the title; who is a moment later gets the next one."""
    while True:
        record.slug = _free_slug(title, type(record))
        try:
            with transaction.atomic():
                record.save(force_insert=True)
        except IntegrityError:
            # Another one took the address since we looked; anything else is not ours to mend.
            if not type(record)._default_manager.filter(slug=record.slug).exists():
                raise
        else:
            return record


def _free_slug(title: str, model: type[Article | Category]) -> str:
    """An address from a title; a number behind it where another one has it."""
    wanted = slugify(fold(title))[:70].strip("-") or "artikel"
    slug, number = wanted, 1
    while slug in RESERVED or model._default_manager.filter(slug=slug).exists():
        number += 1
        slug = f"{wanted}-{number}"
    return slug


def _attach(article: Article, file: File) -> None:
    stored = ArticleFile(
        article=article,
        filename=file.filename[:200] or "unnamed",
        content_type=file.content_type[:127],
        size=len(file.content),
        sha256=hashlib.sha256(file.content).hexdigest(),
    )
    stored.file.save(stored.filename, ContentFile(file.content), save=False)
    stored.save(force_insert=True)
