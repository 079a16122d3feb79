// The tools of the Makefile, pinned; `go -C tools install tool` builds them.
module temporal-twilio/tools

go 1.26.0

tool (
	go.temporal.io/sdk/contrib/tools/workflowcheck
	mvdan.cc/gofumpt
)

require (
	go.temporal.io/sdk/contrib/tools/workflowcheck v0.6.0 // indirect
	golang.org/x/mod v0.41.0 // indirect
	golang.org/x/sync v0.23.0 // indirect
	golang.org/x/tools v0.51.0 // indirect
	gopkg.in/yaml.v2 v2.4.0 // indirect
	mvdan.cc/gofumpt v0.12.0 // indirect
)
