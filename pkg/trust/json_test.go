package trust_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"gatepass/pkg/trust"
)

func TestParseJSONTellsWhereEachValueIs(t *testing.T) {
	node, err := trust.ParseJSON([]byte("{\n  \"Stätement\" : [ true,\n\t{\"Ä\": 12} ], \"x\":\"y\"\n}\n"))
	if err != nil {
		t.Fatal(err)
	}
	list := node.Get("Stätement")
	for name, test := range map[string]struct {
		node *trust.Node
		kind trust.Kind
		at   string
	}{
		"object":    {node, trust.Object, "1:1"},
		"list":      {list, trust.Array, "2:17"},
		"boolean":   {list.Items[0], trust.Bool, "2:19"},
		"in a list": {list.Items[1], trust.Object, "3:2"},
		"number":    {list.Items[1].Get("Ä"), trust.Number, "3:8"},
		"string":    {node.Get("x"), trust.String, "3:19"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.node.Kind != test.kind || test.node.String() != test.at {
				t.Errorf("got %s at %s, want %s at %s", test.node.Kind, test.node.Position, test.kind, test.at)
			}
		})
	}
	if at := node.Members[1].String(); at != "3:15" {
		t.Errorf("the name x is at %s, want 3:15", at)
	}
}

func TestParseJSONRefuses(t *testing.T) {
	for text, want := range map[string]string{
		``:                           "1:1: this is not JSON: unexpected end of JSON input",
		`{"a": 1`:                    "1:7: this is not JSON: unexpected end of JSON input",
		`{"a": 1} {}`:                "1:10: this is not JSON: invalid character '{' after top-level value",
		"{\"a\": 1,\n \"a\": 2}":     "2:2: the key \"a\" is here for the second time; the first is at 1:2, and only one of the two would count",
		"{\"a\": 1, \"\\u0061\": 2}": "1:10: the key \"a\" is here for the second time; the first is at 1:2, and only one of the two would count",
		"{\n  // a comment\n}":       "2:3: this is not JSON: invalid character '/' looking for beginning of object key string",
		"{\"a\": \"\xff\"}":          "1:8: this is not UTF-8",
		`{"a": tru}`:                 "1:10: this is not JSON: invalid character '}' in literal true (expecting 'e')",
	} {
		_, err := trust.ParseJSON([]byte(text))
		if err == nil || err.Error() != want {
			t.Errorf("%q: got the error %v, want %s", text, err, want)
		}
	}
}

// A Terraform plan is one line of megabytes, which must not be counted anew for each of its values.
func BenchmarkParseJSONOfOneLongLine(b *testing.B) {
	text := []byte("[" + strings.Repeat(`{"a": "b"},`, 100_000) + "{}]")
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := trust.ParseJSON(text); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzParseJSON(f *testing.F) {
	f.Add(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "n": -1.5e3, "x": [null, false]}]}`)
	f.Add(`{"a": 1, "a": 2}`)
	f.Fuzz(func(t *testing.T, text string) {
		node, err := trust.ParseJSON([]byte(text))
		var fault *trust.FaultError
		switch {
		case err == nil && !json.Valid([]byte(text)):
			t.Errorf("%q was parsed as %v, but is not JSON", text, node)
		case err != nil && (!errors.As(err, &fault) || fault.Line < 1 || fault.Column < 1):
			t.Errorf("%q: the error %v tells no place", text, err)
		}
	})
}
