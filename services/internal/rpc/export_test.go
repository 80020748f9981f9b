package rpc

// Repeatable is for tests.
var Repeatable = repeatable
