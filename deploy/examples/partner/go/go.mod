module github.com/laurel-loyalty/laurel/deploy/examples/partner/go

go 1.26.8

require (
	github.com/laurel-loyalty/laurel/proto v0.0.0
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260928230214-8a89bd6388cc
	google.golang.org/grpc v1.85.0
)

require (
	buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go v1.36.12-20260825204119-511051f7f437.1 // indirect
	golang.org/x/net v0.60.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
	golang.org/x/text v0.42.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

// Until proto is tagged on its own.
replace github.com/laurel-loyalty/laurel/proto => ../../../../proto
