# Two stages: the first builds a virtual environment, the second holds it and nothing to build with.
FROM python:3.11.13-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/newsbot
WORKDIR /src

# The dependencies first: they stay in the cache while the code changes.
COPY requirements.txt ./
RUN /opt/newsbot/bin/pip install --require-hashes --requirement requirements.txt

COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY storage ./storage
RUN /opt/newsbot/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11.13-slim-bookworm

RUN useradd --system --uid 10001 --home-dir /data newsbot && install --directory --owner=newsbot /data /backups
COPY --from=build /opt/newsbot /opt/newsbot

ENV PATH=/opt/newsbot/bin:$PATH PYTHONUNBUFFERED=1 NEWSBOT_DATABASE=sqlite:////data/newsbot.db
USER newsbot
WORKDIR /data
VOLUME /data

# A bot that holds its database, and a database that answers. It asks no network.
HEALTHCHECK --interval=60s --timeout=15s --start-period=30s --retries=3 CMD ["newsbot", "check", "--running"]

# SIGTERM lets messages that are under way be marked.
STOPSIGNAL SIGTERM
ENTRYPOINT ["newsbot"]
CMD ["run"]
