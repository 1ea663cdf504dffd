package otlp

// Version is the version of this module. Reading it from what the build recorded
// would link a parser that is larger than this package's reader.
const Version = "0.1.0"
