package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"gatepass/pkg/secret"
)

const text = "wJalrXUtnFEMI"

func TestNothingPrintsTheText(t *testing.T) {
	t.Parallel()
	s := secret.New(text)
	holder := struct {
		Public  secret.String
		private secret.String
	}{s, s}

	for _, value := range []any{s, &s, holder, &holder, []secret.String{s}, map[string]secret.String{"k": s}, map[secret.String]int{s: 1}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p"} {
			hides(t, verb, fmt.Sprintf(verb, value))
		}
		hides(t, "error", fmt.Errorf("sign in: %v", value).Error())
		hides(t, "joined error", errors.Join(fmt.Errorf("%s", value)).Error())

		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("sign in", "value", value)
		slog.New(slog.NewTextHandler(&log, nil)).Info("sign in", "value", value)
		hides(t, "slog", log.String())

		if out, err := json.Marshal(value); err == nil {
			hides(t, "json", string(out))
		}
	}
}

func hides(t *testing.T, how, printed string) {
	t.Helper()
	if strings.Contains(printed, text) || strings.Contains(printed, fmt.Sprintf("%x", text)) {
		t.Errorf("%s prints the secret: %s", how, printed)
	}
}

func TestReveal(t *testing.T) {
	t.Parallel()
	if got := secret.New(text).Reveal(); got != text {
		t.Errorf("got %q, want %q", got, text)
	}
	if zero := (secret.String{}); !zero.IsEmpty() || zero.Reveal() != "" {
		t.Error("the zero value is not empty")
	}
	if secret.New(text).IsEmpty() {
		t.Error("a secret with a text is empty")
	}
}
