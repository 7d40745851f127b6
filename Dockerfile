# Built by the runner at the start of a job, on any Docker from 20.10 on: nothing here needs BuildKit. A release has .ci/Dockerfile instead.
FROM golang:1.26-alpine AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY .ci/program .ci/rootfs .ci/
COPY main.go LICENSE ./
COPY .github/THIRD_PARTY_LICENSES.md .github/
COPY pkg ./pkg
RUN .ci/rootfs /out

# USER stays the default: the runner's mounts are not writable for another one.
FROM scratch
COPY --from=build /out/ /
ENTRYPOINT ["/sign-in"]
