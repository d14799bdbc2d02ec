package spooltest

import "context"

func unreadable(context.Context, Options) ([]Row, error)              { return nil, nil }
func diskFull(context.Context, Options) ([]Row, error)                { return nil, nil }
func killedAgain(context.Context, Options) ([]Row, error)             { return nil, nil }
func cutInMemory(context.Context, Options) ([]Row, error)             { return nil, nil }
func cutOnLoop(context.Context, Options) ([]Row, error)               { return nil, nil }
func (t *template) tornTails(context.Context, Options) ([]Row, error) { return nil, nil }
