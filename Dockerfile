# The server and the command `interline`, as a user without rights. No secret is in the image: settings are environment
# variables of the container (docs/operating.md).
FROM python:3.11-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY proxy proxy
COPY unified unified
COPY sandbox sandbox
COPY mappings mappings
COPY openapi openapi
RUN python -m venv /opt/interline \
    && /opt/interline/bin/pip install --no-cache-dir '.[postgres]'

FROM python:3.11-slim
RUN useradd --system --no-create-home --uid 10001 interline
COPY --from=build /opt/interline /opt/interline
ENV PATH=/opt/interline/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    INTERLINE_HOST=0.0.0.0
USER 10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/ready', timeout=2)"]
ENTRYPOINT ["interline"]
CMD ["serve"]
