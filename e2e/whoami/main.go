// Whoami is a later step of a job. It finds credentials as any tool of the clouds does, with the clouds' own libraries, and prints whose
// they are. It is linked statically, so that it runs on the machine and in every container.
//
//	whoami [--profile NAME]... [--file PATH]...
//
// NAME is a profile of AWS, PATH a credentials file of Google's beside that of GOOGLE_APPLICATION_CREDENTIALS. Of Google's tokens it prints
// a digest only, as no step should show a token.
package main

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"

	"cloud.google.com/go/auth/credentials"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func main() {
	var profiles []string
	files := []string{os.Getenv("GOOGLE_APPLICATION_CREDENTIALS")}
	flag.Func("profile", "", func(name string) error { profiles = append(profiles, name); return nil })
	flag.Func("file", "", func(path string) error { files = append(files, path); return nil })
	flag.Parse()
	if err := run(context.Background(), profiles, files); err != nil {
		fmt.Fprintln(os.Stderr, "whoami:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, profiles, files []string) error {
	arn, err := callerIdentity(ctx)
	if err != nil {
		return fmt.Errorf("AWS, variables: %w", err)
	}
	fmt.Fprintln(os.Stdout, "AWS, variables:", arn)
	for _, name := range profiles {
		arn, err := callerIdentity(ctx, config.WithSharedConfigProfile(name))
		if err != nil {
			return fmt.Errorf("AWS, profile %s: %w", name, err)
		}
		fmt.Fprintf(os.Stdout, "AWS, profile %s: %s\n", name, arn)
	}
	for _, path := range files {
		token, err := accessToken(ctx, path)
		if err != nil {
			return fmt.Errorf("credentials file %s: %w", path, err)
		}
		fmt.Fprintf(os.Stdout, "Google: %x\n", sha256.Sum256([]byte(token)))
	}
	return nil
}

func callerIdentity(ctx context.Context, options ...func(*config.LoadOptions) error) (string, error) {
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return "", err
	}
	identity, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", err
	}
	return aws.ToString(identity.Arn), nil
}

func accessToken(ctx context.Context, path string) (string, error) {
	file, err := os.ReadFile(path) //nolint:gosec // a program that reads the files it is told to
	if err != nil {
		return "", err
	}
	google, err := credentials.NewCredentialsFromJSON(credentials.ExternalAccount, file, &credentials.DetectOptions{
		Scopes: []string{"https://www.googleapis.com/auth/cloud-platform"},
	})
	if err != nil {
		return "", err
	}
	token, err := google.Token(ctx)
	if err != nil {
		return "", err
	}
	return token.Value, nil
}
