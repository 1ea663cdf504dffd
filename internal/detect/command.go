package detect

// tool is a program whose short flag takes a password.
type tool struct {
	name  string
	flag  byte
	glued bool // The password stands behind the flag without a space, or not at all.
	user  bool // The password follows a user and a colon.
}

var commands = []tool{
	{"mysql", 'p', true, false},
	{"mariadb", 'p', true, false},
	{"mysqldump", 'p', true, false},
	{"mysqladmin", 'p', true, false},
	{"sshpass", 'p', false, false},
	{"redis-cli", 'a', false, false},
	{"curl", 'u', false, true},
	{"docker login", 'p', false, false},
	{"ldapsearch", 'w', false, false},
	{"smbclient", 'U', false, true},
}

// maxCommand is over how many bytes behind its name a tool's flags are looked for.
const maxCommand = 200

// command looks for the flag with a password behind the tool c, whose name begins at i.
func (f *finder) command(i int, c *tool) {
	t := f.text
	k := i + len(c.name)
	if k >= len(t) || t[k] != ' ' || !f.wordStarts(i) {
		return
	}
	for end := min(len(t), i+maxCommand) - 3; k < end && t[k] != '\n' && t[k] != '|'; k++ {
		if t[k] != ' ' || t[k+1] != '-' || t[k+2] != c.flag {
			continue
		}
		v := k + 3
		if t[v] == ' ' {
			if c.glued {
				continue
			}
			v = f.gap(v)
		}
		start, end := f.valueAt(v, ' ')
		if c.user {
			colon := f.first(':', start, end)
			if colon < 0 {
				return
			}
			start = colon + 1
		}
		f.addSecret(start, end, Flag)
		return
	}
}
