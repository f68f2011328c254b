// A (1+1) evolution strategy as a searcher, in C++: about half of the values of the best
// configuration are drawn anew, at least one. It understands no conditions, and says so.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

struct Parameter {
    std::string kind, name;
    double low = 0, high = 0;
    bool log = false;
    std::vector<std::string> choices;  // as they stand in the JSON
};

// What stands behind "key": in one JSON object without objects in it.
static std::string raw(const std::string& json, const std::string& key) {
    const auto at = json.find('"' + key + "\": ");
    if (at == std::string::npos) return "";
    const auto begin = at + key.size() + 4;
    const char open = json[begin];
    if (open == '[' || open == '"') {
        const auto end = json.find(open == '[' ? ']' : '"', begin + 1);
        return json.substr(begin + 1, end - begin - 1);
    }
    return json.substr(begin, json.find_first_of(",}", begin) - begin);
}

static std::vector<Parameter> parse(const std::string& begin) {
    std::vector<Parameter> space;
    for (auto at = begin.find("{\"kind\""); at != std::string::npos;
         at = begin.find("{\"kind\"", at + 1)) {
        const std::string object = begin.substr(at, begin.find('}', at) - at + 1);
        Parameter p;
        p.kind = raw(object, "kind");
        p.name = raw(object, "name");
        p.log = raw(object, "log") == "true";
        if (p.kind == "float" || p.kind == "int") {
            p.low = std::stod(raw(object, "low"));
            p.high = std::stod(raw(object, "high"));
        } else {
            std::istringstream list(raw(object, "choices"));
            for (std::string one; std::getline(list, one, ',');)
                p.choices.push_back(one.substr(one.find_first_not_of(' ')));
        }
        space.push_back(p);
    }
    return space;
}

static std::string draw(const Parameter& p, std::mt19937_64& random) {
    const double u = (random() >> 11) * 0x1.0p-53;
    if (!p.choices.empty()) return p.choices[static_cast<std::size_t>(u * p.choices.size())];
    const bool whole = p.kind == "int";
    const double low = whole ? p.low - 0.5 : p.low, high = whole ? p.high + 0.5 : p.high;
    double x = p.log ? low * std::pow(high / low, u) : low + u * (high - low);
    if (whole) x = std::floor(x + 0.5);
    x = std::fmin(std::fmax(x, p.low), p.high);
    char text[32];
    std::snprintf(text, sizeof text, whole ? "%.0f" : "%.17g", x);
    return text;
}

int main() {
    std::vector<Parameter> space;
    std::mt19937_64 random;
    std::map<long, std::vector<std::string>> asked;
    std::vector<std::string> best;
    double least = INFINITY;
    for (std::string line; std::getline(std::cin, line);) {
        if (line.find("{\"begin\"") == 0) {
            if (line.find("\"when\"") != std::string::npos) {
                std::cout << "{\"error\": \"it does not understand conditions\"}" << std::endl;
                continue;
            }
            space = parse(line);
            random.seed(std::stoull(raw(line, "seed")));
        } else if (line.find("{\"ask\"") == 0) {
            auto& config = asked[std::stol(raw(line, "ask"))];
            const std::size_t anew = random() % space.size();
            std::cout << "{\"config\": {";
            for (std::size_t i = 0; i < space.size(); ++i) {
                const std::string fresh = draw(space[i], random);
                const bool keep = random() % 2 && i != anew && !best.empty();
                config.push_back(keep ? best[i] : fresh);
                std::cout << (i ? ", \"" : "\"") << space[i].name << "\": " << config.back();
            }
            std::cout << "}}" << std::endl;  // endl flushes
            continue;
        } else if (line.find("{\"tell\"") == 0 && raw(line, "final") == "true") {
            const double loss = std::stod(raw(line, "loss"));
            if (loss < least) least = loss, best = asked[std::stol(raw(line, "tell"))];
        }
        std::cout << "{}" << std::endl;
    }
}
