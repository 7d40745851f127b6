package quote_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"gatepass/pkg/quote"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"The job names no environment.":       "The job names no environment.",
		"job_workflow_ref is refs/heads/main": "job_workflow_ref is refs/heads/main",
		"a|b":                                 "a&#124;b",
		"`id`":                                "&#96;id&#96;",
		"<img src=x onerror=y>":               "&#60;img src=x onerror=y&#62;",
		"[click](https://evil.example)":       "&#91;click&#93;(https&#58;//evil.example)",
		"www.evil.example":                    "www&#46;evil.example",
		"_x_ *y* ~~z~~":                       "&#95;x&#95; &#42;y&#42; &#126;&#126;z&#126;&#126;",
		"&lt;":                                "&#38;lt;",
		`\|`:                                  "&#92;&#124;",
		"# x":                                 "&#35; x",
		"1. x":                                "&#49;. x",
		"a\n\n- b":                            "a  - b",
	} {
		if got := quote.Markdown(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestCode(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"repo:octo-org/octo-repo:ref:refs/heads/main": "`repo:octo-org/octo-repo:ref:refs/heads/main`",
		"<b>": "`<b>`",
		"a|b": "<code>a&#124;b</code>",
		"`":   "<code>&#96;</code>",
		"":    "<code></code>",
		" a":  "<code>&#32;a</code>",
	} {
		if got := quote.Code(value); got != want {
			t.Errorf("%q: got %s, want %s", value, got, want)
		}
	}
}

func TestFence(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"gcloud info":   "```sh\ngcloud info\n```\n",
		"a\n":           "```sh\na\n```\n",
		"a\n```\n````b": "`````sh\na\n```\n````b\n`````\n",
	} {
		if got := quote.Fence("sh", text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// shown is what a reader of Markdown sees: a row of a table with what is given in its second cell, a sentence, a block of code.
func shown(t *testing.T, markdown string) string {
	t.Helper()
	var page bytes.Buffer
	// Raw HTML is let through, as on GitHub.
	renderer := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	if err := renderer.Convert([]byte(markdown), &page); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(page.String(), "\n", "")
}

// escaped is a text as the renderer writes it into HTML.
var escaped = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// FuzzMarkdown has a renderer show what is quoted: as the one value, and without a tag of its own.
func FuzzMarkdown(f *testing.F) {
	for _, seed := range []string{"main", "a|b", "`", "``a``", `\|`, `\`, "<b>", "&amp;", "[a](b)", "https://x.example", "www.x.example", "a@b.example", "_a_", "- a", "1) a", "===", "a ~~b~~ c", "~~~", "```", "    a", "![a](b)"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r > 0xffff }) || text == "" {
			t.Skip("is cleaned before")
		}
		page := escaped.Replace(text)
		if got, want := shown(t, quote.Markdown(text)), "<p>"+page+"</p>"; got != want {
			t.Errorf("sentence %q: got %s, want %s", text, got, want)
		}
		row := "|a|b|c|\n|-|-|-|\n|x|" + quote.Code(text) + "|" + quote.Markdown(text) + "|\n"
		if got, want := shown(t, row), "<td>x</td><td><code>"+page+"</code></td><td>"+page+"</td>"; !strings.Contains(got, want) {
			t.Errorf("row %q: got %s, want %s", text, got, want)
		}
		if got, want := shown(t, quote.Fence("", text)), "<pre><code>"+page+"</code></pre>"; got != want {
			t.Errorf("block %q: got %s, want %s", text, got, want)
		}
	})
}
