# syntax=docker/dockerfile:1

# The worker and the starter, as static binaries in an image that contains
# nothing else except certificates and time zones, and runs as nobody.

FROM golang:1.26.10-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/ ./worker ./starter

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /zoneinfo.zip
COPY --from=build /out/worker /out/starter /
# Nothing outside of a container can reach its 127.0.0.1.
ENV ZONEINFO=/zoneinfo.zip WEBHOOK_ADDR=0.0.0.0:8080
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/worker"]
