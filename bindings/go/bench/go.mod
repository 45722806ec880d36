module github.com/taskseal/taskseal/bindings/go/bench

go 1.24.0

replace github.com/taskseal/taskseal/bindings/go => ../

require (
	filippo.io/age v1.3.1
	github.com/taskseal/taskseal/bindings/go v0.1.0
	github.com/tink-crypto/tink-go/v2 v2.6.0
)

require (
	filippo.io/hpke v0.4.0 // indirect
	golang.org/x/crypto v0.45.0 // indirect
	golang.org/x/sys v0.38.0 // indirect
	google.golang.org/protobuf v1.36.8 // indirect
)
