package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/phukin/phukin/hub"
)

// influxFlags say where the history is kept if not in the database.
type influxFlags struct {
	InfluxURL       string `name:"influx-url" placeholder:"URL" env:"PHUKIN_INFLUX_URL" help:"Keep observations and ledger days in InfluxDB 2.x or 1.8, http://host:8086; the database keeps everything else."`
	InfluxOrg       string `name:"influx-org" placeholder:"NAME" env:"PHUKIN_INFLUX_ORG" help:"Organisation in InfluxDB 2.x; made if the token may."`
	InfluxBucket    string `name:"influx-bucket" placeholder:"NAME" default:"phukin" env:"PHUKIN_INFLUX_BUCKET" help:"Bucket of the ledger, kept for ever; observations go to NAME_observations. With InfluxDB 1.8 it is database/policy. Made if the token may (${default})."`
	InfluxTokenFile string `name:"influx-token-file" placeholder:"FILE" env:"PHUKIN_INFLUX_TOKEN_FILE" help:"File whose first line is the token; with InfluxDB 1.8 user:password. PHUKIN_INFLUX_TOKEN holds it otherwise."`

	prefix string // of the flags' names
}

// influx gives what the hub needs to know, nil without --influx-url.
func (f *influxFlags) influx() (*hub.Influx, error) {
	if f.InfluxURL == "" {
		if f.InfluxOrg != "" || f.InfluxTokenFile != "" {
			return nil, fmt.Errorf("--%[1]sinflux-org and --%[1]sinflux-token-file need --%[1]sinflux-url", f.prefix)
		}
		return nil, nil
	}
	token := os.Getenv("PHUKIN_INFLUX_TOKEN")
	if f.InfluxTokenFile != "" {
		p, err := os.ReadFile(f.InfluxTokenFile)
		if err != nil {
			return nil, fmt.Errorf("read --%sinflux-token-file: %w", f.prefix, err)
		}
		token, _, _ = strings.Cut(string(p), "\n")
		token = strings.TrimRight(token, "\r")
	}
	return &hub.Influx{URL: f.InfluxURL, Org: f.InfluxOrg, Bucket: f.InfluxBucket, Token: token}, nil
}
