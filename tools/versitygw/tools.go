//go:build tools

// Package versitygw pins the S3 server that the sandbox puts its gate in front of.
package versitygw

import _ "github.com/versity/versitygw/cmd/versitygw"
