package job

import (
	"errors"
	"fmt"
	"strings"
)

// Pair is one name and value of a command file.
type Pair struct{ Name, Value string }

// ParseCommandFile reads GITHUB_ENV, GITHUB_OUTPUT or GITHUB_STATE by the runner's rules on Linux: a line is NAME=VALUE if its = comes
// before any <<, and else NAME<<DELIMITER, with the value on the lines up to the delimiter; blank lines between pairs are skipped.
// The rules are those of actions/runner, src/Runner.Worker/FileCommandManager.cs.
func ParseCommandFile(text string) ([]Pair, error) {
	var pairs []Pair
	for text != "" {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		if line == "" {
			continue
		}
		equals, heredoc := strings.Index(line, "="), strings.Index(line, "<<")
		switch {
		case equals > 0 && (heredoc < 0 || equals < heredoc):
			pairs = append(pairs, Pair{line[:equals], line[equals+1:]})
		case heredoc > 0 && line[heredoc+2:] != "":
			value, rest, err := cutHeredoc(text, line[heredoc+2:])
			if err != nil {
				return nil, err
			}
			pairs, text = append(pairs, Pair{line[:heredoc], value}), rest
		default:
			return nil, fmt.Errorf("invalid format %q", line)
		}
	}
	return pairs, nil
}

// cutHeredoc splits text at the first line that is the delimiter.
func cutHeredoc(text, delimiter string) (value, rest string, err error) {
	var lines []string
	for {
		line, after, more := strings.Cut(text, "\n")
		if line == delimiter {
			return strings.Join(lines, "\n"), after, nil
		}
		if !more {
			return "", "", errors.New("invalid value: no matching delimiter " + delimiter)
		}
		lines, text = append(lines, line), after
	}
}
