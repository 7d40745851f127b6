package cli_test

import (
	"flag"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"gatepass/pkg/cli"
)

var update = flag.Bool("update", false, "rewrite what the scripts expect")

// The scripts start the action's program as a process of its own, under the names of its two stages and of the copy that a step leaves.
// Beside it there is a program that uses AWS.
func TestMain(m *testing.M) {
	action := func() { os.Exit(cli.Main()) }
	testscript.Main(m, map[string]func(){cli.SignIn: action, cli.SignOut: action, "gatepass": action, "aws-sdk": awsSDK, inVanishedFolder: vanish})
}

// Each script is one goal of a user. Besides testscript's own commands there are
//
//	step ID              begin another step of the job, or go back to one; the first is called sign-in
//	with INPUT VALUE     set an input of the step, as under with: in a workflow; \n is a line break
//	job-env NAME=VALUE   set a variable of the job, as under env: in a workflow or by an earlier step
//	checkout FILE [AS]   put a file of the script into the workspace
//	id-token FILE        put an ID token for AWS into the workspace
//	context NAME=VALUE   change a variable of the runner
//	main, post           run a stage of the step; standard output is the log as the job shows it
//	raw-log              print the last stage's output as it was written
//	later-step           print the variables that a later step finds
//	run SCRIPT           run a later step with a shell, as under run: in a workflow; aws-sdk in it asks AWS who it is
//	outputs              print the step's outputs
//	summary              print the step's summary
//	credentials-file     print the file that GOOGLE_APPLICATION_CREDENTIALS names
//	requests             print what the clouds were asked since the last time, and what they said
//	parameters           print the parameters of the last request to AWS, and who signed it
//	reasons              print the reasons that Google was given since the last time
//	secret-has-no-special-character  look at the output aws-secret-access-key
//	cat-job FILE         print a file that a variable of the job names
//	left                 print the files in the job's folders
//
// VALUE may hold @steps.ID.outputs.NAME, or be @key(ACCOUNT). In all that is printed, *** stands for a masked value, http://sandbox for the
// sandbox's address and /home/runner/work for the job's folder. A file sandbox.yaml in a script replaces the sandbox's default
// configuration. The runner's debug logging is on, and a script fails in which a program prints a secret that the sandbox has issued, in
// any form, but to mask it, or saves one as a step's state.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup:               setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"step":                            command((*world).step),
			"with":                            command((*world).with),
			"job-env":                         command((*world).jobEnv),
			"context":                         command((*world).context),
			"main":                            stage(cli.SignIn),
			"post":                            stage(cli.SignOut),
			"raw-log":                         command((*world).rawLog),
			"later-step":                      command((*world).laterStep),
			"outputs":                         command((*world).outputs),
			"summary":                         command((*world).summary),
			"credentials-file":                command((*world).credentialsFile),
			"requests":                        command((*world).requests),
			"left":                            command((*world).left),
			"checkout":                        command((*world).checkout),
			"id-token":                        command((*world).idToken),
			"parameters":                      command((*world).parameters),
			"reasons":                         command((*world).reasons),
			"secret-has-no-special-character": command((*world).secretHasNoSpecialCharacter),
			"cat-job":                         command((*world).catJob),
			"run":                             runStep,
		},
	})
}
