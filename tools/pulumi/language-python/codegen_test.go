package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	codegenrpc "github.com/pulumi/pulumi/sdk/v3/proto/go/codegen"
	"google.golang.org/grpc"
)

const cloud = `{
  "name": "cloud", "version": "1.2.3", "description": "A cloud to test with.",
  "language": {"python": {"respectSchemaVersion": true, "packageName": "made_up_cloud", "pyproject": {"enabled": true}}},
  "resources": {"cloud:index:Disk": {
    "inputProperties": {"sizeGib": {"type": "integer", "description": "In GiB."}, "zone": {"type": "string"}},
    "requiredInputs": ["sizeGib"],
    "properties": {"sizeGib": {"type": "integer"}, "zone": {"type": "string"}, "diskId": {"type": "string"}},
    "required": ["sizeGib", "diskId"]
  }}
}`

// loader stands where the engine stands: it knows one schema.
type loader struct {
	codegenrpc.UnimplementedLoaderServer
}

func (loader) GetSchema(context.Context, *codegenrpc.GetSchemaRequest) (*codegenrpc.GetSchemaResponse, error) {
	return &codegenrpc.GetSchemaResponse{Schema: []byte(cloud)}, nil
}

func loaderTarget(t *testing.T) string {
	t.Helper()
	return "127.0.0.1:" + port(t, func(server *grpc.Server) error {
		codegenrpc.RegisterLoaderServer(server, loader{})
		return nil
	})
}

func generate(t *testing.T, schema string) (string, *pulumirpc.GeneratePackageResponse, error) {
	t.Helper()
	folder := t.TempDir()
	answer, err := newWorld(t, "").client.GeneratePackage(t.Context(), &pulumirpc.GeneratePackageRequest{
		Directory: folder, Schema: schema, LoaderTarget: loaderTarget(t),
		ExtraFiles: map[string][]byte{"more/NOTICE": []byte("kept")},
	})
	return folder, answer, err
}

func TestASchemaBecomesATypedPackageThatCanBeInstalled(t *testing.T) {
	folder, answer, err := generate(t, cloud)
	if err != nil || len(answer.GetDiagnostics()) != 0 {
		t.Fatal(answer, err)
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	contains(t, read("pyproject.toml"), `name = "made_up_cloud"`, `version = "1.2.3"`, "pulumi>=3")
	contains(t, read("made_up_cloud/__init__.py"), "from .disk import *")
	contains(t, read("made_up_cloud/disk.py"), "class Disk(pulumi.CustomResource)", "size_gib: pulumi.Input[", "In GiB.",
		"'cloud:index:Disk'")
	contains(t, read("made_up_cloud/pulumi-plugin.json"), `"name": "cloud"`)
	contains(t, read("made_up_cloud/py.typed"), "")
	contains(t, read("made_up_cloud/more/NOTICE"), "kept")
}

func TestAWrongSchemaIsRefusedAndWritesNothing(t *testing.T) {
	for name, schema := range map[string]string{
		"not JSON": "{",
		"a property of no type": `{"name": "cloud", "version": "1.0.0", "resources": {"cloud:index:Disk": {
			"properties": {"size": {"type": "metres"}}}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			folder, answer, err := generate(t, schema)
			if err == nil && len(answer.GetDiagnostics()) == 0 {
				t.Error("it was accepted")
			}
			if left, _ := os.ReadDir(folder); len(left) != 0 {
				t.Error("files were written:", left)
			}
		})
	}
}

func TestAGeneratedFileStaysInsideItsFolder(t *testing.T) {
	folder := t.TempDir()
	inside := filepath.Join(folder, "inside")
	fails(t, write(inside, map[string][]byte{"../outside": nil}), "outside its folder")
	if _, err := os.Stat(filepath.Join(folder, "outside")); err == nil {
		t.Error("it was written")
	}
}

func program(t *testing.T, text string, strict bool) (*pulumirpc.GenerateProgramResponse, error) {
	t.Helper()
	return newWorld(t, "").client.GenerateProgram(t.Context(), &pulumirpc.GenerateProgramRequest{
		Source: map[string]string{"main.pp": text}, LoaderTarget: loaderTarget(t), Strict: strict,
	})
}

func TestAnImportedResourceBecomesPython(t *testing.T) {
	answer, err := program(t, `resource "data" "cloud:index:Disk" {
  sizeGib = 10
  zone = "a"
}`, false)
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(answer.GetSource()["__main__.py"]),
		"import made_up_cloud as cloud", `data = cloud.Disk("data"`, "size_gib=10", `zone="a"`)
}

func TestAProgramThatCannotBeReadAnswersDiagnosticsAndNoCode(t *testing.T) {
	answer, err := program(t, `resource "data" {`, true)
	if err != nil {
		t.Fatal(err)
	}
	if len(answer.GetDiagnostics()) == 0 || len(answer.GetSource()) != 0 {
		t.Error(answer)
	}
}

func TestAStrictProgramWithAnUnknownResourceIsRefused(t *testing.T) {
	_, err := program(t, `resource "data" "cloud:index:Nothing" {}`, true)
	fails(t, err, "unknown resource type 'cloud:index:Nothing'")
}
