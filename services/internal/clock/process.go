package clock

// OffsetVariable moves the clock of a service that runs as a process, in a build with the tag "fault" alone: to try what clocks that
// differ do. It is a duration (-2h), or one and how long it holds (10m/5s): ahead by it and behind by it in turn.
const OffsetVariable = "LAUREL_CLOCK_OFFSET"
