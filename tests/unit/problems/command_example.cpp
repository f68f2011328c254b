// A line fitted to noisy points by stochastic gradient descent, in C++.

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

// The number behind "key": in one line of JSON; enough where no text repeats a key.
static double number(const std::string& json, const std::string& key) {
    const auto at = json.find('"' + key + "\":");
    if (at == std::string::npos) {
        std::cerr << "no " << key << " in " << json << '\n';
        std::exit(2);
    }
    return std::strtod(json.c_str() + at + key.size() + 3, nullptr);
}

int main() {
    std::string task;
    std::getline(std::cin, task);
    const double lr = number(task, "lr");
    const int steps = static_cast<int>(number(task, "steps"));
    std::mt19937 random(static_cast<unsigned>(number(task, "seed")));

    double slope = 0, offset = 0;
    for (int step = 0; step < steps; ++step) {
        double loss = 0;
        for (int i = 0; i < 100; ++i) {
            const double x = random() / 2147483648.0 - 1;  // in [-1, 1)
            const double noise = random() / 2147483648.0 - 1;
            const double error = slope * x + offset - (3 * x - 1 + 0.1 * noise);
            loss += error * error / 100;
            slope -= lr * error * x;
            offset -= lr * error;
        }
        std::printf("{\"loss\": %.17g}\n", loss);
        std::fflush(stdout);  // a pipe is buffered
    }
}
