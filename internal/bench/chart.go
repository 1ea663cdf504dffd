package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
)

// A panel is a group of bars of one unit.
type panel struct {
	title string
	bars  []bar
}

// A bar is one figure with its name.
type bar struct {
	name  string
	value float64
}

// Measures of the chart, in its own units.
const (
	chartWidth  = 720
	labelWidth  = 110
	valueWidth  = 70
	barHeight   = 20
	barGap      = 6
	titleHeight = 34
	margin      = 16
)

// chartStyle makes the chart readable on light and dark pages, whichever the reader
// has chosen: a picture in a page follows the system's colour scheme.
const chartStyle = `
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.page { fill: #ffffff }
.ours { fill: #0969da }
.other { fill: #8c959f }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.page { fill: #0d1117 }
.ours { fill: #58a6ff }
.other { fill: #6e7681 }
}
`

// drawChart returns the panels as an SVG picture, one below the other. Shorter bars
// are better in all of them.
func drawChart(panels []panel) []byte {
	height := 2 * margin
	for _, p := range panels {
		height += titleHeight + len(p.bars)*(barHeight+barGap)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="Cost of a log record, less is better">`+"\n", chartWidth, height, chartWidth, height)
	fmt.Fprintf(&b, "<style>%s</style>\n", chartStyle)
	fmt.Fprintf(&b, `<rect class="page" width="%d" height="%d"/>`+"\n", chartWidth, height)
	y := margin
	for _, p := range panels {
		y = p.draw(&b, y)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// draw writes p from y on downwards and returns where it ends.
func (p panel) draw(b *bytes.Buffer, y int) int {
	text(b, "title", margin, y+20, p.title)
	y += titleHeight
	most := 0.0
	for _, x := range p.bars {
		most = max(most, x.value)
	}
	for _, x := range p.bars {
		class, width := "other", 0.0
		if x.name == "logstream" {
			class = "ours"
		}
		if most > 0 {
			width = x.value / most * (chartWidth - labelWidth - valueWidth - 2*margin)
		}
		text(b, "", margin, y+15, x.name)
		fmt.Fprintf(b, `<rect class="%s" x="%d" y="%d" width="%.1f" height="%d" rx="2"/>`+"\n", class, margin+labelWidth, y, width, barHeight)
		text(b, "", margin+labelWidth+int(width)+8, y+15, fmt.Sprintf("%.0f", x.value))
		y += barHeight + barGap
	}
	return y
}

func text(b *bytes.Buffer, class string, x, y int, s string) {
	fmt.Fprintf(b, `<text class="%s" x="%d" y="%d">`, class, x, y)
	_ = xml.EscapeText(b, []byte(s)) // a Buffer takes everything
	b.WriteString("</text>\n")
}
