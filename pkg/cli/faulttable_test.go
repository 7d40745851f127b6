package cli_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// faultsFile is the document of the tables. Each is between the comments <!-- name --> and <!-- end -->.
const faultsFile = "../../.github/FAULTS.md"

// updating is had by the one test that may rewrite the document.
var updating sync.Mutex

// checkTable wants the table of that name to be in the document, or with -update puts it there.
func checkTable(t *testing.T, name, head string, rows []string) {
	t.Helper()
	updating.Lock()
	defer updating.Unlock()
	table := head + strings.Repeat("|---", strings.Count(head, "|")-1) + "|\n" + strings.Join(rows, "")
	text, err := os.ReadFile(faultsFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), "<!-- "+name+" -->\n")
	got, after, ended := strings.Cut(rest, "<!-- end -->")
	switch {
	case !found || !ended:
		t.Fatalf("%s has no place for the table %s", faultsFile, name)
	case got == table, t.Failed():
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
		r.says = code(f.said(always, h))
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

func (r row) String() string {
	services := strings.Join(r.hops, ", ")
	if len(r.hops) == len(hops) {
		services = "every service"
	}
	return cells(strings.Join(r.faults, "; "), services, r.once, r.always, r.says)
}

// cells are a line of a table.
func cells(texts ...string) string {
	line := "|"
	for _, text := range texts {
		line += " " + strings.NewReplacer("|", `\|`, "\n", " ").Replace(text) + " |"
	}
	return line + "\n"
}

// code is a text as a program says it; nothing if it says nothing.
func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}
