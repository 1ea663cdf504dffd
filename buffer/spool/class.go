package spool

import "strconv"

// A Class says how severe the records of a block are. Each class has a chain of
// segments of its own, and shedding takes the lowest class first.
type Class uint8

// The classes. Their numbers and names are part of the format.
const (
	Low  Class = 0 // below INFO
	Info Class = 1 // INFO
	High Class = 2 // WARN and above
)

// Classes is the number of classes.
const Classes = 3

var classNames = [Classes]string{"low", "info", "high"}

// String returns the name of c, which is also part of the names of its files.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return "class " + strconv.Itoa(int(c))
}
