# One recipe for every service:
#   docker build --file deploy/docker/service.Dockerfile --build-arg SERVICE=router --tag bowchat/router .
# SERVICE is a folder of services/. Only what that service depends on is installed, all of it checked by hash.
ARG PYTHON=python:3.11-slim@sha256:9c900dea9e8fb7e16277c179b555cc72d29a352dbc33cff48ad5a0412fd5bfc7

FROM ${PYTHON} AS wheels
WORKDIR /build
COPY requirements.lock ./
# A house of wheels that the lock has vouched for; nothing after this line asks a package index.
RUN pip wheel --no-cache-dir --no-deps --require-hashes --wheel-dir /wheels --requirement requirements.lock
COPY libs libs
COPY services services
RUN pip install --no-cache-dir --no-index --find-links /wheels hatchling \
    && pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels libs/contracts libs/masking libs/runtime libs/registry services/*/

FROM ${PYTHON} AS venv
ARG SERVICE
# The wheels are borrowed for this one step, so that they are in no layer of the image.
RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \
    python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --no-index --find-links /wheels "bowchat-${SERVICE}" \
    # The sla-watcher's command is bowchat-sla; every other one is named as its service.
    && ln -s "/venv/bin/bowchat-${SERVICE%-watcher}" /venv/bin/service

FROM ${PYTHON}
ARG SERVICE
LABEL org.opencontainers.image.title="bowchat-${SERVICE}"
RUN groupadd --gid 10001 bowchat \
    && useradd --uid 10001 --gid bowchat --no-create-home --shell /usr/sbin/nologin bowchat \
    # An empty volume mounted here belongs to the one who may read it.
    && install --directory --owner bowchat --group bowchat --mode 0700 /secrets
COPY --from=venv /venv /venv
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    BOWCHAT_HTTP_HOST=0.0.0.0 \
    BOWCHAT_HTTP_PORT=8000 \
    BOWCHAT_SECRETS=/secrets
USER 10001:10001
WORKDIR /
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"BOWCHAT_HTTP_PORT\"]}/healthz', timeout=2)"]
ENTRYPOINT ["service"]
CMD ["serve"]
