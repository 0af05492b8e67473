package main

import (
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const site = ".venv/lib/python3.11/site-packages/"

func TestRequiredPluginsAreThoseThatInstalledPackagesName(t *testing.T) {
	w := newWorld(t, "")
	w.write(t, site+"pulumi_cloud/pulumi-plugin.json",
		`{"resource": true, "name": "cloud", "version": "1.2.3", "server": "https://plugins.example"}`)
	w.write(t, site+"pulumi_base/pulumi-plugin.json", `{"resource": false, "name": "base"}`)
	answer, err := w.client.GetRequiredPackages(t.Context(), &pulumirpc.GetRequiredPackagesRequest{Info: w.info(t, nil)})
	if err != nil {
		t.Fatal(err)
	}
	if len(answer.GetPackages()) != 1 {
		t.Fatal(answer)
	}
	found := answer.GetPackages()[0]
	if found.GetName() != "cloud" || found.GetVersion() != "1.2.3" || found.GetKind() != "resource" ||
		found.GetServer() != "https://plugins.example" {
		t.Error(found)
	}
}

func TestABrokenPluginFileIsNamed(t *testing.T) {
	w := newWorld(t, "")
	w.write(t, site+"pulumi_cloud/pulumi-plugin.json", "{")
	_, err := w.client.GetRequiredPackages(t.Context(), &pulumirpc.GetRequiredPackagesRequest{Info: w.info(t, nil)})
	fails(t, err, "pulumi_cloud/pulumi-plugin.json")
}

func names(t *testing.T, w *world, transitive bool) string {
	t.Helper()
	t.Setenv("PYTHONPATH", w.root)
	answer, err := w.client.GetProgramDependencies(t.Context(),
		&pulumirpc.GetProgramDependenciesRequest{Info: w.info(t, nil), TransitiveDependencies: transitive})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, one := range answer.GetDependencies() {
		found = append(found, one.GetName()+" "+one.GetVersion())
	}
	return strings.Join(found, "\n")
}

func TestDependenciesAreListedWithoutPipAndThoseOfOthersOnRequest(t *testing.T) {
	w := newWorld(t, "")
	w.write(t, "outer_made_up-1.0.dist-info/METADATA",
		"Metadata-Version: 2.1\nName: outer-made-up\nVersion: 1.0\nRequires-Dist: Inner_Made.Up>=1\n"+
			"Requires-Dist: extra-made-up ; extra == 'more'\n")
	w.write(t, "inner_made_up-2.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: inner-made-up\nVersion: 2.0\n")
	w.write(t, "extra_made_up-3.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: extra-made-up\nVersion: 3.0\n")
	direct := names(t, w, false)
	contains(t, direct, "outer-made-up 1.0", "extra-made-up 3.0")
	lacks(t, direct, "inner-made-up")
	contains(t, names(t, w, true), "outer-made-up 1.0", "inner-made-up 2.0")
}

func install(t *testing.T, w *world, options map[string]any) error {
	t.Helper()
	stream, err := w.client.InstallDependencies(t.Context(),
		&pulumirpc.InstallDependenciesRequest{Info: w.info(t, options)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = stream.Recv(); errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func TestAVirtualEnvironmentThatIsThereIsLeftAsItIs(t *testing.T) {
	w := newWorld(t, "")
	before := w.read(t, ".venv/pyvenv.cfg")
	if err := install(t, w, nil); err != nil {
		t.Fatal(err)
	}
	if w.read(t, ".venv/pyvenv.cfg") != before {
		t.Error("it was made again")
	}
}

func TestAVirtualEnvironmentThatIsMissingComesWithTheCommandThatMakesIt(t *testing.T) {
	w := newWorld(t, "")
	fails(t, install(t, w, map[string]any{"virtualenv": "gone"}), "make toolchain", w.root)
}

func TestAboutNamesThePythonOfTheVirtualEnvironment(t *testing.T) {
	w := newWorld(t, "")
	answer, err := w.client.About(t.Context(), &pulumirpc.AboutRequest{Info: w.info(t, nil)})
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^3\.\d+\.\d+$`).MatchString(answer.GetVersion()) {
		t.Fatal(answer)
	}
	contains(t, answer.GetExecutable(), "python")
}

func TestTheVersionIsTheEngines(t *testing.T) {
	answer, err := newWorld(t, "").client.GetPluginInfo(t.Context(), nil)
	if err != nil || answer.GetVersion() != version {
		t.Fatal(answer, err)
	}
}
