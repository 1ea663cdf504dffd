// Package cputime tells what this process has used of the processors, which other
// processes on the machine do not change as they change elapsed time. Only tests import it.
package cputime

import "time"

// Used returns the processor time of this process since its start, of user and
// system. Where the system does not tell it is the elapsed time. Anyone may call it
// at any time.
func Used() time.Duration { return used() }
