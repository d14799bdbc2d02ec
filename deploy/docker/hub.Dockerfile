# The hub with its page. Build from the top of the checkout:
#   docker build -f deploy/docker/hub.Dockerfile -t phukin-hub .
FROM node:20-bookworm-slim AS page
WORKDIR /src/api/web
COPY api/web/package.json api/web/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY hub/wire/texts /src/hub/wire/texts
COPY api/web ./
RUN npm run build

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=page /src/api/web/dist api/web/dist
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /phukin-hub ./hub/cmd/phukin-hub \
 && mkdir /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /phukin-hub /usr/local/bin/phukin-hub
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
VOLUME /data
EXPOSE 8080 1883
ENV PHUKIN_DB=/data/phukin.db
ENTRYPOINT ["/usr/local/bin/phukin-hub"]
CMD ["serve"]
