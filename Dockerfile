FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HELPDESK_DATA=/data \
    HELPDESK_BIND=0.0.0.0

# Raw mails and attachments are what a helpdesk must not lose: their folder belongs to its own user.
RUN useradd --system --uid 10001 --no-create-home --home-dir /data helpdesk \
    && install --directory --owner helpdesk --group helpdesk --mode 0700 /data

WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --disable-pip-version-check --root-user-action ignore \
    --require-hashes --requirement requirements.txt
COPY . .
RUN python -m helpdesk.messages

USER helpdesk
VOLUME /data
STOPSIGNAL SIGTERM
CMD ["python", "-m", "helpdesk.processes", "web"]
