//go:build tools

// Package pulumi pins the engine; its language host for Python is in language-python.
package pulumi

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
