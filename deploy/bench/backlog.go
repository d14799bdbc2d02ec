package main

import "context"

func backlog(context.Context, options, *figures) error { return nil }
