package bus

// Server is where NATS is and what it wants to see, as settings of a service.
type Server struct {
	URL      string `yaml:"url" default:"nats://127.0.0.1:4222" help:"Where NATS with JetStream is; several with a comma between them: the nodes of a cluster."`
	Token    string `yaml:"token" help:"What NATS wants to see, where it knows one token for all." secret:"true"`
	User     string `yaml:"user" help:"As whom the service comes, where NATS knows users."`
	Password string `yaml:"password" help:"The user's password." secret:"true"`
	CA       string `yaml:"ca" help:"PEM file of the authorities that NATS' certificate may come from. Empty: those of the system, where it speaks TLS at all."`
}

// As is how a service connects under a name.
func (s Server) As(name string) Config {
	return Config{URL: s.URL, User: s.User, Password: s.Password, Token: s.Token, CA: s.CA, Name: name}
}
