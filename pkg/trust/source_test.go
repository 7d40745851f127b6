package trust_test

import (
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"gatepass/pkg/trust"
)

// seeds are the files that the scripts of the command check.
func seeds(f *testing.F) {
	f.Helper()
	for _, script := range []string{"aws_get_role", "aws_terraform", "aws_cloudformation", "google_describe", "google_terraform"} {
		archive, err := txtar.ParseFile("../../cmd/gatepass/testdata/script/check_" + script + ".txtar")
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			f.Add(string(file.Data))
		}
	}
}

// A file in which nothing is found is an error and never a clean one, and each policy is there, or it is said why not.
func FuzzSources(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		file, err := trust.ParseJSON([]byte(text))
		if err != nil {
			return
		}
		aws, awsErr := trust.ReadAWS(file)
		google, googleErr := trust.ReadGoogle(file)
		for name, test := range map[string]struct {
			found []trust.Source
			err   error
		}{"AWS": {aws.Policies, awsErr}, "Google": {google.Providers, googleErr}} {
			if test.err == nil && len(test.found) == 0 {
				t.Errorf("%s: nothing was found, and that is no error", name)
			}
		}
		bindings, _ := trust.ReadBindings(file)
		for _, source := range slices.Concat(aws.Policies, google.Providers, google.Bindings, bindings) {
			told := 0
			for _, is := range []bool{source.Policy != nil, source.Hidden != "", source.Fault != nil} {
				if is {
					told++
				}
			}
			if told != 1 || source.Line < 1 || source.Column < 1 {
				t.Errorf("%+v is not one of a policy, one that the file does not tell, and one that cannot be read", source)
			}
		}
	})
}
