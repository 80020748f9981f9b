package mongod

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// Around runs a command with MONGODB_URI and LAUREL_MONGOD set to a server of its own, stops the server when the
// command has ended, and returns the command's exit code (128 + signal when a signal ended it). When ctx ends the
// command gets SIGTERM and is waited for: it decides how long its own stop takes.
func Around(ctx context.Context, options Options, command []string) (int, error) {
	if len(command) == 0 {
		return 0, errors.New("no command to run")
	}
	server, err := Start(ctx, options)
	if err != nil {
		return 0, err
	}
	code, err := run(ctx, server, command)
	return code, errors.Join(err, server.Stop())
}

func run(ctx context.Context, server *Server, command []string) (int, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "MONGODB_URI="+server.URI(), "LAUREL_MONGOD="+server.options.Binary)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	err := cmd.Run()
	if cmd.ProcessState == nil {
		return 0, fmt.Errorf("run %s: %w", command[0], err)
	}
	return exitCode(cmd.ProcessState), nil
}

func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}
