package lane

// Stats receives what a lane did; both functions may be nil.
type Stats struct {
	Batch   func(items int) // a batch became durable
	Failure func()          // a try failed and will be made again
}

func (s Stats) batch(n int) {
	if s.Batch != nil {
		s.Batch(n)
	}
}

func (s Stats) failure() {
	if s.Failure != nil {
		s.Failure()
	}
}
