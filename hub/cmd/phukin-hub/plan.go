package main

import (
	"fmt"

	"github.com/phukin/phukin/hub/plan"
)

type planCmd struct {
	Check planCheckCmd `cmd:"" help:"Read a plan and say everything that is wrong with it."`
}

type planCheckCmd struct {
	Dir string `arg:"" help:"Folder of the plan."`
}

func (c *planCheckCmd) Run() error {
	p, err := plan.ReadDir(c.Dir)
	if err != nil {
		return err
	}
	fmt.Printf("%s is in order: areas %d, routes %d, junctions %d, gateways %d, sites %d, cameras %d\n",
		c.Dir, len(p.Areas), len(p.Routes), places(p), len(p.Gateways), len(p.Sites), len(p.Cameras))
	return nil
}

// places counts junctions as places, not as rows of routes.
func places(p *plan.Plan) int {
	codes := map[string]bool{}
	for _, j := range p.Junctions {
		codes[j.Code] = true
	}
	return len(codes)
}
