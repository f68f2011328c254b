#!/bin/sh
# Newton's method for a square root, damped by "damping", in the words of awk.
exec awk '{
    match($0, /"damping": [0-9.e-]+/)
    damping = substr($0, RSTART + 11, RLENGTH - 11) + 0
    match($0, /"steps": [0-9]+/)
    steps = substr($0, RSTART + 9, RLENGTH - 9) + 0
    x = 100
    for (k = 1; k <= steps; k++) {
        x -= damping * (x * x - 2) / (2 * x)
        printf "{\"loss\": %.10f}\n", (x * x - 2) ^ 2
        fflush()
    }
}'
