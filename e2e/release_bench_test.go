//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"text/tabwriter"
	"time"
)

// timings are the durations of one thing that was done several times.
type timings []time.Duration

func (all timings) median() time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// BenchmarkRelease measures what a job waits for: that Docker builds the image of a release, and that a container runs each stage for both
// clouds, next to a container that does nothing. What is compared is done in turns, and each goes first every other time, as no machine is
// equally fast all the time.
//
//	go test -tags e2e -run '^$' -bench Release -benchtime 20x ./e2e
func BenchmarkRelease(b *testing.B) {
	folder := filepath.Join(releaseFolder(b), "action")
	w, m, nothing := newWorld(b), newMachine(b), emptyImage(b)
	w.permit(m)
	step := m.use(b, image(b, "release, buildkit"), "signin", toBothClouds())
	took := map[string]*timings{}
	measure := func(name string, do func() error) {
		start := time.Now()
		if err := do(); err != nil {
			b.Fatalf("%s: %v", name, err)
		}
		if took[name] == nil {
			took[name] = new(timings)
		}
		*took[name] = append(*took[name], time.Since(start))
	}
	for round := 0; b.Loop(); round++ {
		for builder, setting := range map[string]string{"legacy": "DOCKER_BUILDKIT=0", "buildkit": "DOCKER_BUILDKIT=1"} {
			const tag = "gatepass-e2e:measured"
			measure("build "+builder, func() error {
				_, err := build(tag, folder, setting, "--no-cache")
				return err
			})
			docker(b, "image", "rm", tag)
		}
		for _, entrypoint := range []string{step.action.Runs.Entrypoint, step.action.Runs.PostEntrypoint} {
			stage := step.container(b, entrypoint, step.begin(b))
			empty := stage
			empty.image, empty.entrypoint = nothing, "/empty"
			turns := []func(){
				func() { measure("empty "+entrypoint, func() error { return succeed(b, empty) }) },
				func() { measure("run "+entrypoint, func() error { return succeed(b, stage) }) },
			}
			turns[round%2]()
			turns[1-round%2]()
			if err := step.End(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(0, "ns/op") // a round of all this says nothing
	report(b, save(b, image(b, "release, buildkit")).compressed(b), took)
}

func succeed(b *testing.B, c container) error {
	b.Helper()
	code, err := startContainer(b.Context(), c, io.Discard)
	if err == nil && code != 0 {
		err = fmt.Errorf("exit code %d", code)
	}
	return err
}

// emptyImage is an image that holds nothing but a program that does nothing.
func emptyImage(b *testing.B) string {
	b.Helper()
	const tag = "gatepass-e2e:empty"
	dir := b.TempDir()
	compile := exec.CommandContext(b.Context(), "go", "build", "-ldflags", "-s -w", "-o", filepath.Join(dir, "empty"), "./testdata/empty")
	compile.Env = append(os.Environ(), "CGO_ENABLED=0")
	if _, err := output(compile); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\nCOPY empty /\nENTRYPOINT [\"/empty\"]\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	if _, err := build(tag, dir, "DOCKER_BUILDKIT=1"); err != nil {
		b.Fatal(err)
	}
	return tag
}

// report prints the table that README.md shows.
func report(b *testing.B, size int, took map[string]*timings) {
	b.Helper()
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	fmt.Fprintf(table, "\n| what a job waits for\t| median of %d\t| next to an empty container\t|\n|---\t|---\t|---\t|\n", b.N)
	for _, row := range []struct{ name, what, empty string }{
		{"build buildkit", "`docker build` of a release, by BuildKit", ""},
		{"build legacy", "`docker build` of a release, by the legacy builder", ""},
		{"run /sign-in", "`docker run` of the sign-in to both clouds", "empty /sign-in"},
		{"run /sign-out", "`docker run` of the sign-out", "empty /sign-out"},
	} {
		median, next := took[row.name].median(), ""
		if row.empty != "" {
			empty := took[row.empty].median()
			ratio := median.Seconds() / empty.Seconds()
			next = fmt.Sprintf("%.2f × %.2f s", ratio, empty.Seconds())
			b.ReportMetric(ratio, row.name[len("run /"):]+"/empty")
		}
		fmt.Fprintf(table, "| %s\t| %.2f s\t| %s\t|\n", row.what, median.Seconds(), next)
	}
	fmt.Fprintf(table, "| fetch of the image, where it comes from a registry\t| %.1f MB\t| \t|\n", float64(size)/1e6)
	if err := table.Flush(); err != nil {
		b.Fatal(err)
	}
}
