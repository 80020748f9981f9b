package report

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// eyes turn linear RGB into what a kind of eye sees of it: Machado, Oliveira & Fernandes, A Physiologically-based
// Model for Simulation of Color Vision Deficiency (2009), severity 1.0.
var eyes = map[string][3][3]float64{
	"normal":       {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// palettes are the colours of the page by name, in light and in dark.
func palettes(t *testing.T) map[string]map[string]string {
	t.Helper()
	css, err := files.ReadFile("templates/style.css")
	require.NoError(t, err)
	light, rest, _ := strings.Cut(string(css), "@media screen and (prefers-color-scheme: dark)")
	dark, _, _ := strings.Cut(rest, "* {")
	all := map[string]map[string]string{"light": {}, "dark": {}}
	for name, part := range map[string]string{"light": light, "dark": dark} {
		for _, m := range regexp.MustCompile(`--([a-z0-9-]+): #([0-9a-f]{6});`).FindAllStringSubmatch(part, -1) {
			all[name][m[1]] = m[2]
		}
	}
	return all
}

func TestColoursCanBeToldApartByEveryEye(t *testing.T) {
	const apart = 15 // CIE76; 2 is just seen
	bars := []string{"earned", "expired", "reversed", "redeemed"}
	for scheme, palette := range palettes(t) {
		for eye := range eyes {
			for i, a := range bars {
				for _, b := range bars[:i] {
					require.Greater(t, distance(lab(palette[a], eye), lab(palette[b], eye)), float64(apart),
						"%s and %s, %s page, %s", a, b, scheme, eye)
				}
			}
			for i := 1; i < shades; i++ { // tiers differ by lightness alone
				before, after := lab(palette["t"+strconv.Itoa(i-1)], eye), lab(palette["t"+strconv.Itoa(i)], eye)
				step := after[0] - before[0]
				if scheme == "light" {
					step = -step
				}
				require.Greater(t, step, 5.0, "shade %d, %s page, %s", i, scheme, eye)
			}
		}
	}
}

func TestTextsStandOutFromThePaper(t *testing.T) {
	for scheme, p := range palettes(t) {
		for _, pair := range [][2]string{{"ink", "paper"}, {"soft", "paper"}, {"soft", "card"}, {"earned", "paper"},
			{"expired", "paper"}, {"turn-ink", "turn"}, {"turn-soft", "turn"}, {"turn-ink", "turn-card"}} {
			text, ground := light(p[pair[0]]), light(p[pair[1]])
			contrast := (max(text, ground) + 0.05) / (min(text, ground) + 0.05)
			require.Greater(t, contrast, 4.5, "%s on %s, %s page (WCAG 2, AA)", pair[0], pair[1], scheme)
		}
	}
}

func linear(hex, eye string) [3]float64 {
	var in, rgb [3]float64
	for i := range in {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			panic(err)
		}
		in[i] = float64(n) / 255
		if in[i] <= 0.04045 {
			in[i] /= 12.92
		} else {
			in[i] = math.Pow((in[i]+0.055)/1.055, 2.4)
		}
	}
	for i, row := range eyes[eye] {
		rgb[i] = min(1, max(0, row[0]*in[0]+row[1]*in[1]+row[2]*in[2]))
	}
	return rgb
}

func light(hex string) float64 {
	c := linear(hex, "normal")
	return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2]
}

// lab is the colour in CIE L*a*b*, white D65.
func lab(hex, eye string) [3]float64 {
	c := linear(hex, eye)
	f := func(t float64) float64 {
		if t > 0.008856 {
			return math.Cbrt(t)
		}
		return 7.787*t + 16.0/116
	}
	x := f((0.4124*c[0] + 0.3576*c[1] + 0.1805*c[2]) / 0.9505)
	y := f(0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2])
	z := f((0.0193*c[0] + 0.1192*c[1] + 0.9505*c[2]) / 1.089)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

func distance(a, b [3]float64) float64 {
	return math.Sqrt((a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2]))
}
