package cli_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// faultsFile is the document of the tables. Each is between the comments <!-- name --> and <!-- end -->.
const faultsFile = "../../.github/FAULTS.md"

// checkTable wants the table of that name to be in the document, or with -update puts it there.
func checkTable(t *testing.T, name, table string) {
	t.Helper()
	text, err := os.ReadFile(faultsFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), "<!-- "+name+" -->\n")
	got, after, ended := strings.Cut(rest, "<!-- end -->")
	switch {
	case !found || !ended:
		t.Fatalf("%s has no place for the table %s", faultsFile, name)
	case got == table || t.Failed():
	case *update:
		if err := os.WriteFile(faultsFile, []byte(before+"<!-- "+name+" -->\n"+table+"<!-- end -->"+after), 0o600); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s has another table %s; run go test ./pkg/cli -update. It would be\n%s", faultsFile, name, table)
	}
}

// row is one of the table: faults that have the same outcome at the same services.
type row struct {
	faults []string
	hops   []string
	once   string // what becomes of a step that meets the fault once
	always string // and again and again
	says   string // what the log says then, at the first of the services
}

func newRow(f fault, h hop, once, always outcome) row {
	r := row{faults: []string{f.name}, hops: []string{h.name}, once: "signed in", always: "signed in"}
	switch {
	case once.code != 0:
		r.once = "fails"
	case once.attempts > 1:
		r.once = "signed in, at the second attempt"
	}
	if always.code != 0 {
		r.always = "fails at once"
		r.says = "`" + f.said(always, h) + "`"
	}
	if always.code != 0 && always.attempts > 1 {
		limit := (f.limit(always.attempts) + time.Second - 1).Truncate(time.Second)
		r.always = fmt.Sprintf("fails after %d attempts, in %v at most", always.attempts, limit)
	}
	return r
}

// said is an error without what the table has in other columns.
func (f fault) said(got outcome, h hop) string {
	_, text, _ := strings.Cut(got.err, ": ")
	if _, rest, ok := strings.Cut(text, `GitHub's ID token for audience "sts.amazonaws.com": `); ok {
		text = rest
	}
	const longest = 160
	if len(text) > longest {
		text = text[:strings.LastIndex(text[:longest], " ")] + " …"
	}
	status := fmt.Sprintf("%d %s", f.status, http.StatusText(f.status))
	return strings.NewReplacer(h.name, "SERVICE", status, "STATUS", strings.Repeat("x", longLabel)+".invalid", "HOST").Replace(text)
}

// merge puts rows together that differ in their services alone, and then those that differ in their faults alone.
func merge(rows []row) []row {
	rows = mergeBy(rows, func(a, b row) bool {
		return slices.Equal(a.faults, b.faults) && a.once == b.once && a.always == b.always
	}, func(a *row, b row) { a.hops = append(a.hops, b.hops...) })
	return mergeBy(rows, func(a, b row) bool {
		return slices.Equal(a.hops, b.hops) && a.once == b.once && a.always == b.always && a.says == b.says
	}, func(a *row, b row) { a.faults = append(a.faults, b.faults...) })
}

func mergeBy(rows []row, same func(a, b row) bool, add func(a *row, b row)) []row {
	var merged []row
	for _, r := range rows {
		if i := slices.IndexFunc(merged, func(m row) bool { return same(m, r) }); i >= 0 {
			add(&merged[i], r)
		} else {
			merged = append(merged, r)
		}
	}
	return merged
}

func networkTable(rows []row) string {
	table := "| fault | of | if it passes | if it stays | what the log says then |\n|---|---|---|---|---|\n"
	for _, r := range merge(rows) {
		services := strings.Join(r.hops, ", ")
		if len(r.hops) == len(hops) {
			services = "every service"
		}
		table += fmt.Sprintf("| %s | %s | %s | %s | %s |\n", strings.Join(r.faults, "; "), services, r.once, r.always, cell(r.says))
	}
	return table
}

// cell escapes what would end a cell of a table.
func cell(text string) string { return strings.NewReplacer("|", `\|`, "\n", " ").Replace(text) }
