package explain

// Summary is Markdown for the summary of a step.
func Summary(cases []Case) string {
	text := ""
	for _, c := range cases {
		if explanation, ok := Explain(c); ok {
			text += explanation.Text() + "\n"
		}
	}
	return text
}
