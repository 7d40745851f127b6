package trust

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Position is a place in a text. Both count from 1, the column in Unicode code points. The zero value is no place.
type Position struct{ Line, Column int }

func (p Position) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Column) }

// Kind is what a JSON value is.
type Kind int

// The kinds of RFC 8259.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

func (k Kind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "a list", "an object"}[k]
}

// Node is a JSON value and where it begins.
type Node struct {
	Position
	Kind    Kind
	Text    string // of a string its value, of a number and a boolean what is written
	Items   []*Node
	Members []Member
}

// Member is one name of an object, and its value.
type Member struct {
	Position
	Name  string
	Value *Node
}

// Get is the value of an object's member, or nil where there is none.
func (n *Node) Get(name string) *Node {
	if n == nil {
		return nil
	}
	for _, member := range n.Members {
		if member.Name == name {
			return member.Value
		}
	}
	return nil
}

// Value is the value as encoding/json decodes it.
func (n *Node) Value() any {
	switch n.Kind {
	case String:
		return n.Text
	case Number:
		number, _ := strconv.ParseFloat(n.Text, 64) // valid, and perhaps too great
		return number
	case Bool:
		return n.Text == "true"
	case Array:
		list := make([]any, 0, len(n.Items))
		for _, item := range n.Items {
			list = append(list, item.Value())
		}
		return list
	case Object:
		object := make(map[string]any, len(n.Members))
		for _, member := range n.Members {
			object[member.Name] = member.Value.Value()
		}
		return object
	}
	return nil
}

// FaultError is a fault in a file, and where.
type FaultError struct {
	Position
	Message string
}

func (e *FaultError) Error() string { return fmt.Sprintf("%s: %s", e.Position, e.Message) }

// maxDepth bounds the nesting. No policy has a tenth of it.
const maxDepth = 100

// ParseJSON reads one JSON value. An object that has a name twice is a fault: most parsers take the last value without a word, and so
// drop a condition. Every error is a [FaultError].
func ParseJSON(text []byte) (*Node, error) {
	p := parser{decoder: json.NewDecoder(bytes.NewReader(text)), cursor: cursor{rest: text, at: Position{1, 1}}}
	if !utf8.Valid(text) {
		return nil, &FaultError{p.advance(len(text)), "this is not UTF-8"}
	}
	var syntax *json.SyntaxError
	if errors.As(json.Unmarshal(text, new(json.RawMessage)), &syntax) {
		return nil, &FaultError{p.advance(int(syntax.Offset) - 1), "this is not JSON: " + syntax.Error()}
	}
	p.decoder.UseNumber()
	return p.value(0)
}

// cursor goes forward through a text, so that even the one long line of a Terraform plan is counted once.
type cursor struct {
	rest   []byte
	offset int
	at     Position
}

// advance goes to an offset, to the end of the text or to what is not UTF-8, and tells where that is.
func (c *cursor) advance(offset int) Position {
	for c.offset < offset && len(c.rest) > 0 {
		r, size := utf8.DecodeRune(c.rest)
		if r == utf8.RuneError && size == 1 {
			break
		}
		c.rest, c.offset, c.at.Column = c.rest[size:], c.offset+size, c.at.Column+1
		if r == '\n' {
			c.at = Position{c.at.Line + 1, 1}
		}
	}
	return c.at
}

// parser builds a tree of the tokens of encoding/json, of a text that is valid.
type parser struct {
	decoder *json.Decoder
	cursor
}

// token reads the next token and tells where it begins: the decoder knows only where the one before it ended.
func (p *parser) token() (json.Token, Position, error) {
	at := p.advance(int(p.decoder.InputOffset()))
	for len(p.rest) > 0 && strings.IndexByte(" \t\r\n,:", p.rest[0]) >= 0 {
		at = p.advance(p.offset + 1)
	}
	token, err := p.decoder.Token()
	if err != nil {
		return nil, at, &FaultError{at, "this is not JSON: " + err.Error()}
	}
	return token, at, nil
}

func (p *parser) value(depth int) (*Node, error) {
	token, at, err := p.token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, &FaultError{at, fmt.Sprintf("this is nested more than %d deep", maxDepth)}
	}
	node := &Node{Position: at}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			return p.array(node, depth)
		}
		return p.object(node, depth)
	case string:
		node.Kind, node.Text = String, token
	case json.Number:
		node.Kind, node.Text = Number, token.String()
	case bool:
		node.Kind, node.Text = Bool, fmt.Sprint(token)
	}
	return node, nil
}

func (p *parser) array(node *Node, depth int) (*Node, error) {
	node.Kind = Array
	for p.decoder.More() {
		item, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		node.Items = append(node.Items, item)
	}
	_, _, err := p.token()
	return node, err
}

func (p *parser) object(node *Node, depth int) (*Node, error) {
	node.Kind = Object
	first := map[string]Position{}
	for p.decoder.More() {
		token, at, err := p.token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if before, twice := first[name]; twice {
			return nil, &FaultError{at, fmt.Sprintf("the key %q is here for the second time; the first is at %s, and only one of the two would count", name, before)}
		}
		first[name] = at
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		node.Members = append(node.Members, Member{at, name, value})
	}
	_, _, err := p.token()
	return node, err
}
