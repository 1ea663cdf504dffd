package otlp

// OwnPrefix begins the keys of attributes, and the names of events, by which a stream
// tells of itself. No record of others has them.
const OwnPrefix = "logstream."

// Foreign says of a record that others than the stream made it. Only this module can
// name it.
type Foreign struct{ _ byte }
