package stream

// attrRoute names the route that a record of the stream itself is for.
const attrRoute = ownPrefix + "route"

// ownPrefix begins the keys of the attributes of the stream's own records.
const ownPrefix = "logstream."
