# The page for others to visit. Put a proxy with TLS in front of it: emotion/README.md, "Running it for others".
#
#   docker build -t expression .
#   docker run --init --rm --read-only --tmpfs /tmp:mode=1777,size=1500m --cap-drop ALL \
#     --security-opt no-new-privileges --memory 3g -p 127.0.0.1:7860:7860 expression
FROM python:3.11-slim-bookworm

# Libraries can write to /tmp only.
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp MPLCONFIGDIR=/tmp/matplotlib

WORKDIR /srv
COPY requirements.txt ./
RUN pip install --no-cache-dir --no-deps -r requirements.txt

COPY app.py ./
COPY emotion/ emotion/
COPY models/ models/

USER 1000:1000
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/', timeout=8)"]
CMD ["python", "app.py", "--host", "0.0.0.0", "--port", "7860"]
