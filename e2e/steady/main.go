// Steady is a later step of a job that goes on using AWS, with one client of AWS's SDK. It prints who it has been, and by how many keys. It
// is linked statically, so that it runs on the machine and in every container.
//
//	steady DURATION
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func main() {
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "steady:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, duration string) error {
	long, err := time.ParseDuration(duration)
	if err != nil {
		return err
	}
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	client := sts.NewFromConfig(settings)
	identities, keys := map[string]bool{}, map[string]bool{}
	// Expiry is told in whole seconds. The SDK uses credentials up to that very moment, so that a call just before could come too late.
	<-time.After(time.Until(time.Now().Truncate(time.Second).Add(1500 * time.Millisecond)))
	end := time.Now().Add(long)
	for now := range time.Tick(time.Second) {
		answer, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			return fmt.Errorf("with %s left, by key %d: %w", time.Until(end), len(keys), err)
		}
		identities[aws.ToString(answer.Arn)] = true
		used, err := settings.Credentials.Retrieve(ctx) // the client's cache
		if err != nil {
			return err
		}
		keys[used.AccessKeyID] = true
		if now.After(end) {
			break
		}
	}
	for arn := range identities {
		fmt.Fprintf(os.Stdout, "%s by %d keys\n", arn, len(keys))
	}
	return nil
}
