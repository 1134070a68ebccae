# The app for others; docs/hosting.md says how to run it. Build: docker build -t fingerspell .
FROM node:22-slim AS web
WORKDIR /usr/src/fingerspell/web
COPY web ./
RUN npm ci && npm run build

FROM python:3.13-slim AS python
WORKDIR /usr/src/fingerspell
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src ./src
COPY --from=web /usr/src/fingerspell/src ./src
# The bundled model is part of the package. What is removed is 100 MB of tests, headers and notebooks.
RUN python -m venv --without-pip /opt/fingerspell \
 && pip --python /opt/fingerspell/bin/python install --no-cache-dir -c constraints.txt '.[app]' \
 && cd /opt/fingerspell/lib/python3.13/site-packages \
 && rm -rf pyarrow/include pydeck/nbextension/static onnxruntime/transformers ../../../share/jupyter \
 && find . -type d -name tests -prune -exec rm -rf {} +

FROM python:3.13-slim
COPY --from=python /opt/fingerspell /opt/fingerspell
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin fingerspell
USER fingerspell
WORKDIR /home/fingerspell
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["/opt/fingerspell/bin/python", "-c", "import urllib.request as r; r.urlopen('http://localhost:8501/_stcore/health', timeout=4)"]
STOPSIGNAL SIGINT
ENTRYPOINT ["/opt/fingerspell/bin/fingerspell", "app", "--host", "0.0.0.0", "--no-browser"]
